import { byName, Stack } from "./stack.ts";

describe("a provider", () => {
    const stack = new Stack("provided");
    afterAll(() => stack.dispose());

    const program = (password: string) => `
        const registryAuth = [{ address: "registry.example.com", username: "me", password: "${password}" }];
        const provider = new docker.Provider("own", { registryAuth });
        new docker.Volume("kept", {}, { provider });`;
    const volume = async () => byName(await stack.state()).kept?.id;

    test("is updated, and its resources are kept, if its configuration changes", async () => {
        expect(await stack.up(program("old"))).toSucceed();
        const before = await volume();
        const steps = await stack.preview(program("new"));
        expect(steps.map(({ op }) => op)).toEqual(["update"]);
        expect(await stack.up(program("new"))).toSucceed();
        expect(await volume()).toBe(before);
    });
});
