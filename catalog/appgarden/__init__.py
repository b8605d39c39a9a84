"""docker-compose.yml in, docker-compose.appgarden.yml out: the same services as the platform can run them."""
