"""What is measured of one text: quality, language, what may tell who somebody is."""
