"""What kind of picture a sample is: a documented tree, judged from its texts and its pixels."""
