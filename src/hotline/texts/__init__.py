"""Texts that say nearly the same, among millions: no files, no settings, no warehouse.

``signatures``: what is kept of a text (MinHash), and how alike two texts are exactly · ``clusters``: which texts or tickets
belong together. Texts are given as their letters alone (macro ``letters_of``): without digits, punctuation and white space.
"""
