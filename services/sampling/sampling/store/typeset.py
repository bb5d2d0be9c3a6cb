"""Worker of `store.press`: a process of its own that typesets one document and ends. It imports nothing of ours; no secret, network or file is its.

Reads a job from standard input (JSON), writes the PDF to standard output. Exit codes: 0 made, 2 the template is wrong, 3 the font is not there,
4 the verification code is not on the page.
"""

import json
import resource
import sys
from typing import Any

import typst

MEMORY, SECONDS = 3 * 1024**3, 20


def main() -> int:
    """One job."""
    for what, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (limit, limit))
    job = json.load(sys.stdin)
    sources = {name: text.encode() for name, text in job["sources"].items()}
    fonts: dict[str, Any] = {"font_paths": [job["font_folder"]] if job["font_folder"] else [], "ignore_system_fonts": bool(job["font_folder"])}
    more: dict[str, Any] = {"root": ".", "package_path": ".", "package_cache_path": ".", "sys_inputs": {"data": job["data"], "font": job["font"]}}
    try:
        made, warnings = typst.compile_with_warnings(sources, format=job["format"], timestamp=job["timestamp"], **fonts, **more)
        marks = json.loads(typst.query(sources, "<verification>", field="value", **fonts, **more))
    except typst.TypstError as error:
        print(error.message, file=sys.stderr)
        return 2
    missing = [warning.message for warning in warnings if "unknown font family" in warning.message]
    if missing:
        print("; ".join(missing), file=sys.stderr)
        return 3
    if json.loads(job["data"])["code"] not in marks:
        return 4
    sys.stdout.buffer.write(made[0] if isinstance(made, list) else made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
