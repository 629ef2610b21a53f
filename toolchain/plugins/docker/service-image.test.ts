import { familiarName } from "./service-image.ts";

const DIGEST = "a".repeat(64);

test.each([
    ["redis", "redis:latest"],
    ["redis:8", "redis:8"],
    ["docker.io/library/redis:8", "redis:8"],
    ["index.docker.io/team/app", "team/app:latest"],
    ["registry.example.com:5000/app", "registry.example.com:5000/app:latest"],
    ["registry.example.com:5000/library/app:1", "registry.example.com:5000/library/app:1"],
    [`redis@sha256:${DIGEST}`, `redis@sha256:${DIGEST}`],
    [`redis:8@sha256:${DIGEST}`, `redis:8@sha256:${DIGEST}`],
    [`sha256:${DIGEST}`, `sha256:${DIGEST}`],
    [DIGEST, `sha256:${DIGEST}`],
])("sends %s to Swarm as %s", (image, expected) => {
    expect(familiarName(image)).toBe(expected);
});
