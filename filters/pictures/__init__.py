"""What is measured of one picture: quality, kind, text burnt in, faces."""
