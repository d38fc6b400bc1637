"""The redaction that settings, policy and the catalogs of now ask for."""

from __future__ import annotations

from mqt_assets.feedback.redaction import Redaction, redaction_of
from mqt_assets.state import stored_catalogs
from mqt_resources.gateways import SettingsResource


def current_redaction(settings: SettingsResource) -> Redaction:
    """Raises `SettingError` for a policy that can't be read."""
    from mqt_serving.assembly import policy_of  # brings the translator along

    chosen = settings.load()
    catalogs = stored_catalogs(settings.artifacts())
    return redaction_of(catalogs, policy_of(chosen), chosen.private_fields)
