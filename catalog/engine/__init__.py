"""The container engine: Docker, podman or nerdctl, spoken to through its command line."""
