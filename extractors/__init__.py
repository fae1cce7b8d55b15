"""Raw sources to samples: articles, labelled datasets, figures, concepts. Imports no Beam."""
