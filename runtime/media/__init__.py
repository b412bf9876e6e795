"""Readers and writers of movies, image sequences and stills."""
