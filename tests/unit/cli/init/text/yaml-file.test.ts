import { YamlFile } from "../../../../../cli/init/text/yaml-file.ts";

describe("a YAML file", () => {
    test("knows the lines of merged keys, and reads numbers as Ruby does", () => {
        const yaml = new YamlFile(
            "x.yml",
            "base: &base\n  limit: 50_000\na:\n  <<: *base\n  yes: on\n",
            "1.1",
        );
        expect(yaml.data).toMatchObject({ a: { limit: 50_000 } });
        expect(yaml.place("a", "limit")).toEqual({ file: "x.yml", line: 2 });
    });

    test("has nothing for an alias whose anchor is elsewhere, and says where it is not YAML", () => {
        expect(new YamlFile("x.yml", "a:\n  <<: *other\n  b: 1\n", "1.1").data).toEqual({ a: { b: 1 } });
        expect(new YamlFile("x.yml", "a: [", "1.2").problems).toEqual([
            expect.stringMatching(/^x\.yml:\d+: /),
        ]);
    });
});
