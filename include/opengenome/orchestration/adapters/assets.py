"""The assets that a run updates, and the event that says what it published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, get_current_context

from opengenome import flow

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST = Asset(name=flow.DAG, uri=flow.ASSET_URI)
ADHOC = Asset(name=flow.ADHOC_ASSET, uri=flow.ADHOC_ASSET_URI)
# An asset that is declared as an outlet gets an event from every run. Through an alias, a run chooses one.
PUBLISHED = AssetAlias(name=flow.PUBLISHED)


def announce(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Emit the event of the asset that this run belongs to; returns its extra.

    facts: what `announcing.announcement` returned. The extra also has `changed`: whether the table differs from that
    of the asset's last event. Of a run that is cleared and published again it is false. To be called in a task with
    both assets as inlets and the alias as outlet.
    """
    context = get_current_context()
    asset = ADHOC if facts["source"] else LATEST
    last = list(context["inlet_events"][asset].ascending(False).limit(1))
    extra = {**facts, "changed": not last or (last[0].extra or {}).get("table") != facts["table"]}
    context["outlet_events"][PUBLISHED].add(asset, extra=extra)
    return extra
