"""The simulator's viewpoint as the domain's camera: the two know nothing of each other."""

from qorgan.domain.density.camera import PlacedCamera, hfov_of_lens
from qorgan.sim.perspective import Viewpoint


def placed(view: Viewpoint) -> PlacedCamera:
    """The camera that stands where `view` looks from."""
    return PlacedCamera(
        key="rendered",
        x_m=view.x_m,
        y_m=view.y_m,
        height_m=view.height_m,
        tilt_deg=view.tilt_deg,
        bearing_deg=view.bearing_deg,
        hfov_deg=hfov_of_lens(view.focal_mm, view.sensor_width_mm),
        width_px=view.width_px,
        height_px=view.height_px,
    )
