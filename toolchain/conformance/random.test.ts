import { nameOf, Stack, type PreviewStep } from "./stack.ts";

const DRAWN = ["password", "string", "integer", "id", "pet", "uuid", "pet-of-uuid"];
const IMPORTED = ["old-password", "old-string", "old-integer", "old-id", "old-uuid"];

/** Every resource, created and, if supported, imported. `more` adds properties to the created ones. */
const program = (more: Record<string, string> = {}) => `
    const password = new random.RandomPassword("password", {
        length: 20, minUpper: 3, minLower: 3, minNumeric: 3, minSpecial: 3, overrideSpecial: "_-", ${more.password ?? ""}
    });
    const string = new random.RandomString("string", {
        length: 12, special: false, numeric: false, ${more.string ?? ""}
    });
    const integer = new random.RandomInteger("integer", { min: 0, max: 65535, ${more.integer ?? ""} });
    const id = new random.RandomId("id", { byteLength: 8, prefix: "id-", ${more.id ?? ""} });
    const pet = new random.RandomPet("pet", { length: 3, prefix: "My", separator: "_", ${more.pet ?? ""} });
    const uuid = new random.RandomUuid("uuid", { ${more.uuid ?? ""} });
    new random.RandomPet("pet-of-uuid", { keepers: { uuid: uuid.result } });
    ${more.last ?? ""}

    const from = (id) => ({ import: id });
    const oldPassword = new random.RandomPassword("old-password", { length: 8 }, from("Tr0ub4d&"));
    const oldString = new random.RandomString("old-string", { length: 5 }, from("abcde"));
    const oldInteger = new random.RandomInteger("old-integer", { min: 1, max: 9 }, from("7,1,9"));
    const oldId = new random.RandomId("old-id", { byteLength: 3, prefix: "a," }, from("a,,AQID"));
    const oldUuid = new random.RandomUuid("old-uuid", {}, from("0b9d3f5e-7f0c-4b9e-9d7a-2f1f5f3f9c11"));
    return {
        password: password.result, hash: password.bcryptHash, string: string.result, integer: integer.result,
        id: id.id, hex: id.hex, dec: id.dec, b64Std: id.b64Std, b64Url: id.b64Url, pet: pet.id, uuid: uuid.result,
        old: [oldPassword.result, oldString.result, oldInteger.result, oldId.hex, oldUuid.result],
    };`;

const namesOf = (steps: { urn: string }[]) => [...new Set(steps.map(nameOf))].sort();
const withOp = (steps: PreviewStep[], op: string) => steps.filter((step) => step.op === op);

describe("random values", () => {
    const stack = new Stack("random");
    let first: Record<string, unknown>;
    let output: string;

    afterAll(() => stack.dispose());

    test("are not created by a preview", async () => {
        const steps = await stack.preview(program());
        expect(namesOf(withOp(steps, "create"))).toEqual([...DRAWN].sort());
        expect(namesOf(withOp(steps, "import"))).toEqual([...IMPORTED].sort());
        expect(await stack.state()).toEqual([]);
    });

    test("are created as declared", async () => {
        const run = await stack.up(program());
        expect(run).toSucceed();
        ({ output } = run);
        first = await stack.outputs();
        const { password = "", id = "", hex } = first as Record<string, string>;

        expect(password).toMatch(/^[A-Za-z0-9_-]{20}$/);
        for (const kind of [/[A-Z]/g, /[a-z]/g, /[0-9]/g, /[_-]/g]) {
            expect(password.match(kind)?.length).toBeGreaterThanOrEqual(3);
        }
        expect(first.string).toMatch(/^[A-Za-z]{12}$/);
        expect(first.integer).toBeGreaterThanOrEqual(0);
        expect(first.integer).toBeLessThanOrEqual(65535);
        expect(first.pet).toMatch(/^My_[a-z]+_[a-z]+_[a-z]+$/);
        expect(first.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

        const bytes = Buffer.from(id, "base64url");
        expect(bytes).toHaveLength(8);
        expect(hex).toBe(`id-${bytes.toString("hex")}`);
        expect(first.dec).toBe(`id-${BigInt(`0x${bytes.toString("hex")}`).toString()}`);
        expect(first.b64Std).toBe(`id-${bytes.toString("base64")}`);
        expect(first.b64Url).toBe(`id-${id}`);
    });

    test("are imported with the import option", () => {
        const uuid = "0b9d3f5e-7f0c-4b9e-9d7a-2f1f5f3f9c11";
        expect(first.old).toEqual(["Tr0ub4d&", "abcde", 7, "a,010203", uuid]);
    });

    test("are neither shown nor stored in plain text if they are passwords", () => {
        const [adopted] = first.old as string[];
        expect(output).not.toContain(adopted);
        for (const secret of [first.password, first.hash] as string[]) {
            expect(output).not.toContain(secret);
            expect(stack.stateFile()).not.toContain(secret);
        }
    });

    test("have the same IDs, defaults and schema version in the state as with the official provider", async () => {
        const state = Object.fromEntries(
            (await stack.state()).map((resource) => [nameOf(resource), resource]),
        );
        for (const name of ["password", "old-password"]) {
            const outputs = { id: "none", __meta: '{"schema_version":"3"}', number: true, numeric: true };
            expect(state[name]).toMatchObject({ id: "none", outputs });
        }
        expect(state.string).toMatchObject({
            id: first.string,
            inputs: { length: 12, special: false, numeric: false },
            outputs: {
                id: first.string,
                __meta: '{"schema_version":"2"}',
                number: false,
                upper: true,
                minUpper: 0,
            },
        });
        expect(state.integer).toMatchObject({ id: String(first.integer) });
        expect(state.pet).toMatchObject({ id: first.pet });
        expect(state["old-integer"]).toMatchObject({ id: "7" });
        expect(Object.keys(state.integer?.inputs ?? {}).sort()).toEqual(["max", "min"]);
    });

    test("have no diff after a refresh, and with explicit defaults", async () => {
        const spelledOut = {
            password: "special: true",
            string: "minUpper: 0, number: false",
            pet: "keepers: undefined",
        };
        const run = await stack.up(program(spelledOut), "--refresh", "--expect-no-changes");
        expect(run).toSucceed();
        expect(run.output).toContain("13 unchanged");
    });

    test("are replaced if an input changes", async () => {
        const steps = await stack.preview(
            program({
                password: "special: false",
                string: "minLower: 2",
                integer: "max: 70000",
                id: 'prefix: "other-"',
                pet: 'separator: "."',
                uuid: 'keepers: { version: "2" }',
            }),
        );
        const replaced = withOp(steps, "replace");
        expect(Object.fromEntries(replaced.map((step) => [nameOf(step), step.replaceReasons]))).toEqual({
            password: ["special"],
            string: ["minLower"],
            integer: ["max"],
            id: ["prefix"],
            pet: ["separator"],
            uuid: ["keepers"],
            // Its keepers are unknown.
            "pet-of-uuid": ["keepers"],
        });
    });

    test("are replaced if their keepers change, and only those", async () => {
        expect(await stack.up(program({ uuid: 'keepers: { version: "2" }' }))).toSucceed();
        const { uuid, ...others } = await stack.outputs();
        expect(uuid).not.toBe(first.uuid);
        expect({ ...others, uuid: first.uuid }).toEqual(first);
    });

    test("are refused with the name of an invalid property, and not recorded", async () => {
        const last = 'new random.RandomString("short", { length: 2, minUpper: 3 });';
        const run = await stack.up(program({ uuid: 'keepers: { version: "2" }', last }));
        expect(run).toFail();
        expect(run.output).toContain("length");
        expect(namesOf(await stack.state())).toEqual([...DRAWN, ...IMPORTED].sort());
    });

    test("are removed on destroy", async () => {
        expect(await stack.destroy()).toSucceed();
        expect(await stack.state()).toEqual([]);
    });
});
