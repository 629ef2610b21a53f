import { parseFacts } from "../../../../cli/server/facts.ts";

test("parseFacts ignores what the login prints", () => {
    const { user, privileges } = parseFacts(
        "Welcome\nfact user deploy\nfact privileges sudo\nfact docker \n",
    );
    expect({ user, privileges }).toEqual({ user: "deploy", privileges: "sudo" });
});
