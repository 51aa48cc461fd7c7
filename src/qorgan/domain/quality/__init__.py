"""Picture quality: measures of one picture, comparison with the approved view, and a judge that remembers.

No identity, no persons: what is measured is light, edges and noise. Pure; decoding is the analyst's (edge/analyst).
"""
