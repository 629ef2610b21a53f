import { type Operation, UNKNOWN } from "../../../../../cli/pr/events.ts";
import { type Change, COMMAND, component, CONTAINER, REMOTE_IMAGE, summary } from "../steps.ts";

const TAG = "docker:index/tag:Tag";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

/** The summary of an image that changes, and of the container that runs it. */
function markdown(
    operation: Operation,
    { name: from, repoDigest }: { name: string; repoDigest?: string },
    to: string,
    container = UNKNOWN,
    tag: Operation | null = "replace",
): string {
    const steps = component(
        "WebApp",
        [REMOTE_IMAGE, "it-image", operation, { name: from }, { name: to }],
        [
            CONTAINER,
            "it",
            container === digest("1") ? "same" : "replace",
            { image: digest("1") },
            { image: container },
        ],
        ...(tag === null ? [] : [[TAG, "it-image-tag", tag, {}, {}] as Change]),
    );
    for (const { name, old } of steps) if (name === "it-image" && old) old.outputs = { repoDigest };
    return summary(steps).markdown;
}

describe("the summary of a pulled image", () => {
    test("says that there is a newer image under the same tag", () => {
        const text = markdown("replace", { name: `app:1@${digest("a")}` }, `app:1@${digest("b")}`);
        expect(text).toContain("newer image of `app:1` than `aaaaaaaaaaaa`: `bbbbbbbbbbbb`");
        expect(text).toContain("`it`: runs the new image");
        expect(text).toContain("restarts");
    });

    test("says so too when Pull.Always is new, and the image was pulled by its tag", () => {
        const old = { name: "app:1", repoDigest: `app@${digest("a")}` };
        expect(markdown("replace", old, `app:1@${digest("b")}`)).toContain(
            "newer image of `app:1` than `aaaaaaaaaaaa`: `bbbbbbbbbbbb`",
        );
        expect(markdown("replace", { name: "app:1" }, `app:1@${digest("b")}`)).toContain(
            "newer image of `app:1`: `bbbbbbbbbbbb`",
        );
    });

    test("says that Pull.Always is new or gone if the image is the same", () => {
        const old = { name: "app:1", repoDigest: `app@${digest("a")}` };
        const text = markdown("replace", old, `app:1@${digest("a")}`, digest("1"));
        expect(text).toContain("looks for a newer image of `app:1` in each update");
        expect(text).not.toContain("restarts");
        expect(markdown("replace", { name: `app:1@${digest("a")}` }, "app:1", digest("1"))).toContain(
            "no longer looks for a newer image of `app:1`",
        );
    });

    test("names both digests if the program has them", () => {
        const [from, to] = [`app:1@${digest("a")}`, `app:1@${digest("b")}`];
        expect(markdown("replace", { name: from }, to, UNKNOWN, "same")).toContain("newer image");
        expect(markdown("replace", { name: from }, to, UNKNOWN, null)).toContain(
            `image \`${from}\` → \`${to}\``,
        );
    });

    test.each([
        ["replace", `app:1@${digest("a")}`, `app:2@${digest("b")}`, "image `app:1` → `app:2`"],
        ["replace", "app:1", "app:2", "image `app:1` → `app:2`"],
        ["create", "", `app:2@${digest("b")}`, "image `app:2`"],
    ] as const)("names another image without its digest (%s %s %s)", (operation, from, to, sentence) => {
        expect(markdown(operation, { name: from }, to)).toContain(sentence);
    });
});

describe("the summary of an image that a command builds", () => {
    const environment = { BUILT_IMAGE: "shop/it:dev" };
    const markdownOf = (operation: Operation) =>
        summary(
            component("WebApp", [
                COMMAND,
                "it-image",
                operation,
                { environment, triggers: ["1"] },
                { environment, triggers: ["2"] },
            ]),
        ).markdown;

    test.each([
        ["create", "its image is built"],
        ["replace", "its image is rebuilt"],
    ] as const)("says so (%s)", (operation, sentence) => {
        expect(markdownOf(operation)).toContain(sentence);
        expect(markdownOf(operation)).toContain("an image is built");
    });

    test("says nothing if it is deleted", () => {
        expect(markdownOf("delete")).not.toContain("image is");
    });
});
