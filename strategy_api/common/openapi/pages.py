"""The pages that show the API, from our own files alone."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

# Both viewers write styles into the page; Redoc searches in a worker that it makes from its own text.
_policy = csp_update({"style-src": [SELF, UNSAFE_INLINE], "worker-src": [SELF, "blob:"]})

swagger = _policy(SpectacularSwaggerSplitView.as_view(url_name="schema"))
redoc = _policy(SpectacularRedocView.as_view(url_name="schema", template_name="algoagent/redoc.html"))
