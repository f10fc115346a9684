"""The process: serve on $HOST:$PORT until SIGTERM, then finish and exit 0."""

from pattern_runtime import serve

if __name__ == "__main__":
    serve("connected_car.gateway.app:app")
