import { readable } from "./progress";

test.each([
    ["what a build step prints arrives as base64 and is shown as text", "SGVsbG8gd29ybGQK", "Hello world"],
    ["an ordinary line stays as it is", "[4/6] RUN bundle install", "[4/6] RUN bundle install"],
    ["a word that could be base64 but is none stays as it is", "Downloading", "Downloading"],
    ["an empty line stays empty", "", ""],
])("%s", (_, line, shown) => {
    expect(readable(line)).toBe(shown);
});
