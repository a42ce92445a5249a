"""Pure statistics, exact wherever a distribution is known: no files, no settings, no warehouse.

``rates``: one reported rate against one sample · ``verdicts``: what a sample says of a platform when callers err ·
``plans``: how many calls to meet or to name · ``weekly``: evidence that adds up week by week · ``counts``: leagues, hot
spots, rises · ``multiplicity``: families of tests.
"""
