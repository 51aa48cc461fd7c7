"""Looks at a keyframe now and then: is this still a picture?"""
