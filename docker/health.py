"""Check whether a role is healthy, as an exit code: `health.py ROLE`, with a role of URLS.

Run by the system's Python, because importing Airflow at every check would take seconds.
"""

import json
import sys
import urllib.request

MONITOR = "http://api-server:8080/api/v2/monitor/health"
URLS = {
    "api-server": "http://localhost:8080/api/v2/monitor/health",
    "scheduler": "http://localhost:8974/health",
    "dag-processor": MONITOR,
    "spark-master": "http://localhost:8080/json/",
    "spark-worker": "http://localhost:8081/json/",
    "spark-history": "http://localhost:18080/api/v1/version",
}


def main(role: str) -> int:
    with urllib.request.urlopen(URLS[role], timeout=5) as answer:  # noqa: S310  (the URLs above)
        found = answer.read()
    if role == "dag-processor":
        return json.loads(found)["dag_processor"]["status"] != "healthy"
    if role == "spark-master":
        return json.loads(found)["status"] != "ALIVE"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
