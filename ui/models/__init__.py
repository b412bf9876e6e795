"""What the panel shows and does, without Qt: observed by the views, driven by the tests."""
