import { parseImageName } from "./image-name.ts";

test.each([
    ["redis", { repository: "redis", path: "redis", tag: "latest" }],
    ["redis:8", { repository: "redis", path: "redis", tag: "8" }],
    ["team/app:1", { repository: "team/app", path: "team/app", tag: "1" }],
    ["localhost/app", { registry: "localhost", repository: "localhost/app", path: "app", tag: "latest" }],
    [
        "localhost:5000/a/b:1",
        { registry: "localhost:5000", repository: "localhost:5000/a/b", path: "a/b", tag: "1" },
    ],
    [
        "ghcr.io/a/b@sha256:12",
        { registry: "ghcr.io", repository: "ghcr.io/a/b", path: "a/b", digest: "sha256:12" },
    ],
    ["ghcr.io/a:1@sha256:12", { repository: "ghcr.io/a", tag: "1", digest: "sha256:12" }],
])("parses %s", (image, expected) => {
    expect(parseImageName(image)).toMatchObject(expected);
});

test("a name without a registry refers to Docker Hub", () => {
    expect(parseImageName("team/app").registry).toBeUndefined();
});
