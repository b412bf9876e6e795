"""Motion that a network estimates, for graphs in which the previous result is moved too."""
