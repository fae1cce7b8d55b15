"""What tasks share: the parts of a row that a model is shown, and how an answer fits them."""
