"""The audit: from a plan of spot checks to evidence that the audited party can check itself.

``plan`` says how many calls it takes, ``freeze`` fixes what may be drawn and publishes its fingerprint, ``draw`` orders it by a
value that nobody could know before, ``sheets`` hands the calls out, ``bundle`` gives the audited party all it needs to check
the result, with ``verify`` as one file of the standard library.
"""
