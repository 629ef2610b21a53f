import { baseImages } from "./base-images.ts";

test.each([
    ["FROM ruby:3.4", ["ruby:3.4"]],
    [
        "from --platform=$BUILDPLATFORM r.example.com/ruby:3.4 AS base\nFROM base\nCOPY --from=base /a /b",
        ["r.example.com/ruby:3.4"],
    ],
    ["ARG VERSION=3.4\nFROM r.example.com/ruby:$VERSION-slim", ["r.example.com/ruby:3.4-slim"]],
    ['ARG IMAGE="a/b:1"\nARG NAME=${IMAGE}\nFROM ${NAME} \\\n  AS x', ["a/b:1"]],
    [
        "ARG TAG\nFROM ruby:${TAG:-3.3}\nCOPY --from=node:22 /a /b\nCOPY --from=0 /a /b",
        ["ruby:3.3", "node:22"],
    ],
    ["FROM scratch\n# FROM ruby", []],
])("the images of %j", (dockerfile, images) => {
    expect(baseImages(dockerfile)).toEqual(images);
});

test("a build argument has precedence over the default", () => {
    expect(baseImages("ARG TAG=1\nFROM ruby:$TAG", { TAG: "2" })).toEqual(["ruby:2"]);
});
