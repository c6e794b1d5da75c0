"""Links from a task in the UI to our pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink

from opengenome import flow

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class BatchOutputLink(BaseOperatorLink):
    """The link from a batch in the UI to the page with its manifest."""

    name = "Batch output"

    def get_link(
        self,
        operator: BaseOperator,  # noqa: ARG002  (Airflow's signature)
        *,
        ti_key: TaskInstanceKey,
    ) -> str:
        from airflow.sdk.configuration import conf

        # Without host and port: links are stored, and Airflow may be reached by other addresses.
        base = urlsplit(conf.get("api", "base_url", fallback="/")).path.rstrip("/")
        return f"{base}{flow.batch_page(ti_key.dag_id, ti_key.run_id, ti_key.map_index)}"
