"""What Airflow answers without a login: only the list in docs/operations.md."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

pytestmark = pytest.mark.e2e

# Everything else is 401 or 403. None of these reveals a run, a file or a person.
KNOWN = {
    "GET /{rest_of_path:path}": 200,  # the page that loads the interface, whatever is asked for; its files: /static
    "GET /openapi.json": 200,
    "GET /api/v2/version": 200,
    "GET /api/v2/monitor/health": 200,
    "GET /api/v2/auth/login": 307,
    "GET /api/v2/auth/logout": 307,
    "GET /health": 404,
    "GET /api/v1/{_:path}": 404,
    "GET /api/{_:path}": 404,
    "GET /auth/{rest_of_path:path}": 200,  # the login page; its files: /auth/static
    "GET /auth/openapi.json": 200,
    "GET /auth/docs": 200,
    "GET /auth/docs/oauth2-redirect": 200,
    "GET /auth/redoc": 200,
    "POST /auth/token": 422,  # a login without a name
    "POST /auth/token/cli": 422,
    "GET /execution/openapi.json": 404,  # 200 with a version
    "GET /execution/docs": 200,
    "GET /execution/docs/oauth2-redirect": 200,
    "GET /execution/redoc": 200,
    "GET /execution/changelog": 200,
    "GET /execution/health": 200,
    "GET /execution/health/ping": 200,
}


def routes(airflow):
    """(method, path) of every route. The routes for tasks are only in their own description."""
    yield from airflow.ask("routes")

    def answer(path):
        return json.loads(airflow.ask("request", method="GET", path=path)["text"])

    version = answer("/execution/changelog")["versions"][0]["value"]
    for path, methods in answer(f"/execution/openapi.json?version={version}")["paths"].items():
        yield from ((method.upper(), f"/execution{path}") for method in methods)


def test_every_route_but_those_that_are_listed_wants_a_login(airflow):
    open_to_all, seen = {}, Counter()
    for method, route in routes(airflow):
        if method != "HEAD":
            seen[route.split("/")[1]] += 1
            body = {} if method == "GET" else {"json": {}}
            answer = airflow.ask("request", method=method, path=re.sub(r"{[^}]*}", "1", route), **body)
            if answer["status"] not in (401, 403):
                open_to_all[f"{method} {route}"] = answer["status"]
    assert open_to_all == KNOWN
    assert all(seen[prefix] > 5 for prefix in ("api", "ui", "execution", "auth")), seen


def test_airflow_does_not_serve_pages_about_its_api_at_the_top(airflow):
    [shell, docs, redoc] = [airflow.ask("request", method="GET", path=path) for path in ("/", "/docs", "/redoc")]
    assert docs["text"] == redoc["text"] == shell["text"]
