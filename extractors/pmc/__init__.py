"""PubMed Central and other JATS articles: the cloud service, old packages, folders and zips."""
