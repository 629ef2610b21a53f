import { configFile, persistenceSettings } from "../../../components/redis/config.ts";

describe("the configuration file", () => {
    test("sets the data directory, saving and the password", () => {
        expect(configFile({}, "secret")).toBe('dir /data\nsave 60 1\nrequirepass "secret"\n');
    });

    test("switches protected mode off without a password", () => {
        expect(configFile({}, undefined)).toBe("dir /data\nsave 60 1\nprotected-mode no\n");
    });

    test("does not save data that is not persistent", () => {
        expect(configFile({ persistent: false }, "secret")).toContain('save ""\n');
    });

    test("lets settings override the defaults, but not the password", () => {
        const settings = { "maxmemory-policy": "allkeys-lru", save: "900 1", requirepass: "other" };
        expect(configFile({ dataPath: "/srv", settings }, "secret")).toBe(
            'dir /srv\nsave 900 1\nmaxmemory-policy allkeys-lru\nrequirepass "secret"\n',
        );
    });

    test("lets settings override the defaults in upper case too, which Redis would add to them", () => {
        expect(configFile({ settings: { Save: "900 1" } }, "secret")).toBe(
            'dir /data\nSave 900 1\nrequirepass "secret"\n',
        );
    });

    test("writes an empty setting as an empty string, and one line for each value of a setting", () => {
        const settings = { save: "", "rename-command": 'FLUSHALL ""\r\n\nFLUSHDB ""\n' };
        expect(configFile({ settings }, undefined)).toBe(
            'dir /data\nsave ""\nprotected-mode no\nrename-command FLUSHALL ""\nrename-command FLUSHDB ""\n',
        );
    });

    test.each([
        ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
        ["\\u0001\u0001\f\té", '"\\\\u0001\\x01\\x0c\\té"'],
    ])("quotes the password %j as %s", (password, quoted) => {
        expect(configFile({}, password)).toContain(`requirepass ${quoted}\n`);
    });
});

test("persistence settings are those with which Redis keeps its data, without quotes", () => {
    expect(persistenceSettings({})).toEqual({ save: "60 1" });
    expect(persistenceSettings({ persistent: false })).toEqual({ save: "" });
    const settings = { AppendOnly: "yes", dbfilename: '"a.rdb"', save: '""', maxmemory: "64mb" };
    expect(persistenceSettings({ settings })).toEqual({ appendonly: "yes", dbfilename: "a.rdb", save: "" });
});
