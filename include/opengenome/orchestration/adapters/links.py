"""Links from tasks and runs in the UI to our pages. They have no host and no port: Airflow stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink

from opengenome import flow

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


def below_airflow(path: str) -> str:
    """An address on this Airflow. It may be reached by several hosts, but below one path."""
    from airflow.sdk.configuration import conf

    base = urlsplit(conf.get("api", "base_url", fallback="/")).path.rstrip("/")
    return f"{base}{path}"


class _PageLink(BaseOperatorLink):
    """A link to one of our pages about the run of a task."""

    page = flow.RESULT_PAGE
    place = ""  # on the page

    def get_link(
        self,
        operator: BaseOperator,  # noqa: ARG002  (Airflow's signature)
        *,
        ti_key: TaskInstanceKey,
    ) -> str:
        return below_airflow(flow.our_page(self.page, dag_id=ti_key.dag_id, run_id=ti_key.run_id)) + self.place


class ResultLink(_PageLink):
    """From `publish` to what it published."""

    name = "Result"


class VerdictLink(_PageLink):
    """From `validate` to the laws that it checked."""

    name = "Verdict"
    page = flow.TABLE_PAGE
    place = "#verdict"


class BatchOutputLink(BaseOperatorLink):
    """The link from a batch in the UI to the page with its manifest."""

    name = "Batch output"

    def get_link(
        self,
        operator: BaseOperator,  # noqa: ARG002  (Airflow's signature)
        *,
        ti_key: TaskInstanceKey,
    ) -> str:
        return below_airflow(flow.batch_page(ti_key.dag_id, ti_key.run_id, ti_key.map_index))


def linked(task: Any, link: type[BaseOperatorLink]) -> Any:
    """The result of a task function, whose task gets a link. A function has no class of its own that could name it."""
    task.operator.operator_extra_links = (link(),)
    return task


LINKS = (BatchOutputLink, ResultLink, VerdictLink)
