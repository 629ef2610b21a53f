import { withLogRotation } from "../../../../cli/server/daemon-settings.ts";

describe("withLogRotation", () => {
    const rotated = { "log-driver": "json-file", "log-opts": { "max-size": "10m", "max-file": "3" } };

    test.each<[string | undefined, unknown]>([
        [undefined, rotated],
        ["", rotated],
        ['{"debug": true}', { debug: true, ...rotated }],
        [
            '{"log-opts": {"max-file": "9", "tag": "x"}}',
            { ...rotated, "log-opts": { "max-size": "10m", "max-file": "9", tag: "x" } },
        ],
    ])("adds the rotation of logs to %j", (text, expected) => {
        const settings = withLogRotation(text);
        expect(settings.kind).toBe("change");
        expect(JSON.parse(settings.kind === "change" ? settings.content : "")).toEqual(expected);
    });

    test.each([
        ['{"log-driver": "local"}', "other-driver"],
        ['{"log-opts": {"max-size": "1g"}}', "rotated"],
        ["[]", "invalid"],
        ["{", "invalid"],
        ['{"log-opts": []}', "invalid"],
    ])("does not change %j", (text, kind) => {
        expect(withLogRotation(text).kind).toBe(kind);
    });
});
