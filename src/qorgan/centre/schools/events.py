"""What `schools` announces."""

from qorgan.centre.events import announce
from qorgan.centre.schools.models import School


def school_changed(school: School) -> None:
    """Its row, its node, the counts of its cameras or its gravest alarm changed."""
    district = school.district
    announce("school", school.pk, schools=(school.pk,), region=district.region_id, district=district.pk)
