// Docker Compose as a Go module: what the benchmark compares with.
module drydock/bench/compose

go 1.25.11

tool github.com/docker/compose/v2/cmd
