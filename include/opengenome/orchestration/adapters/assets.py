"""The assets that a run updates, and the event that says what it published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, get_current_context

from opengenome import flow

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST = Asset(name=flow.DAG, uri=flow.ASSET_URI)
ADHOC = Asset(name=flow.ADHOC_ASSET, uri=flow.ADHOC_ASSET_URI)
_LOOKED_AT = 100  # events of an asset, the newest


def announce(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Emit the event of the asset that this run belongs to; returns its extra.

    facts: what `announcing.announcement` returned. The extra also has `changed`: whether the table differs from that
    of the asset's last event. A run that is published again with the same table emits no second event. To be called in
    a task that has both assets as outlets.
    """
    from airflow.sdk.execution_time.context import InletEventsAccessors

    context = get_current_context()
    asset = ADHOC if facts["source"] else LATEST
    # An asset that is read as an inlet would be shown as one that the task consumes.
    events = InletEventsAccessors([asset])[asset].ascending(False).limit(_LOOKED_AT)
    said = [event.extra or {} for event in events]  # anybody may emit one without an extra, by hand
    extra = {**facts, "changed": not said or said[0].get("table") != facts["table"]}
    of_run = next((one for one in said if one.get("run") == facts["run"]), {})  # its newest
    known = of_run.get("table") == facts["table"]
    # Airflow emits an event for each outlet that a task has at its end.
    context["task"].outlets = [] if known else [asset]
    if not known:
        context["outlet_events"][asset].extra = extra
    return extra
