"""Write docs/api-coverage.md anew."""

from tests.api_coverage.page import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
