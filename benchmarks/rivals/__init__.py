"""What neural_art must beat: two GANs that start from noise, as small as their papers' ideas allow.

Both are written from the papers, with the papers' losses, optimisers and rates. Where a paper's setting would only lose
time on a CPU, the rival gets the kinder one: fewer channels, smaller batches, and bfloat16 and the channels-last layout
wherever they are faster.
"""

from typing import Final

from benchmarks.rivals.dcgan import DCGAN
from benchmarks.rivals.projected_gan import ProjectedGAN

RIVALS: Final[dict[str, type[DCGAN] | type[ProjectedGAN]]] = {"dcgan": DCGAN, "projected": ProjectedGAN}
"""Row of the table -> what trains it."""
