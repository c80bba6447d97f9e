"""What attacks need: a caller with every scope, and doors."""

from tests.api.conftest import caller  # noqa: F401  (a fixture)
from tests.stories.conftest import house  # noqa: F401  (a fixture)
