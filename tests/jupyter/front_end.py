"""Runs cells on a kernel as front ends do, through jupyter_client. Reads from stdin a list of
{"code", "stops": seconds from the cell's beginning at which Stop is pressed (0: just before it), "late": seconds
to go on listening}; writes for each how it was replied to, its result, the errors shown for it, and the seconds from
the last Stop to its end."""
import json
import sys
import time
from queue import Empty

from jupyter_client import KernelManager


def run(manager, client, code, stops=(), late=0, limit=60):
    stops, begun, idle, stopped, reply, result, errors = list(stops), None, None, None, None, "", []
    if 0 in stops:
        stops.remove(0)
        manager.interrupt_kernel()
        time.sleep(1)
    request = client.execute(code)
    # The first cell of a kernel may take a while to begin; a cell that hangs is given up.
    while begun is None or time.time() < begun + limit:
        if reply and idle and time.time() > idle + late:
            break
        if begun and stops and time.time() > begun + stops[0]:
            stops.pop(0)
            stopped = time.time()
            manager.interrupt_kernel()
        try:
            message = client.get_iopub_msg(timeout=0.05)
            content = message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "execute_input":
                begun = time.time()
            elif message["msg_type"] == "error":
                errors.append(f"{content['ename']}: {content['evalue']}")
            elif message["msg_type"] == "execute_result":
                result += content["data"]["text/plain"]
            elif content.get("execution_state") == "idle":
                idle = time.time()
        except Empty:
            pass
        try:
            message = client.get_shell_msg(timeout=0)
            if message["parent_header"].get("msg_id") == request:
                reply = message["content"]["status"]
        except Empty:
            pass
    seconds = idle - stopped if idle and stopped else None
    return {"reply": reply, "ended": idle is not None, "result": result, "errors": errors, "seconds": seconds}


manager = KernelManager(kernel_name=sys.argv[1])
manager.start_kernel(cwd=sys.argv[2])
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=120)
try:
    print(json.dumps([run(manager, client, **cell) for cell in json.load(sys.stdin)]))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
