"""From media and timelines of editing programs to the shots of a project, and back."""
