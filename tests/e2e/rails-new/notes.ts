/** The notes of an application, as HTML. */
export async function notes(url: string): Promise<string> {
    return (await fetch(`${url}/notes`)).text();
}

/** Fills in the form of a new note. */
export async function createNote(url: string, body: string): Promise<void> {
    const form = await fetch(`${url}/notes/new`);
    const [, token = ""] = /name="authenticity_token" value="([^"]+)"/.exec(await form.text()) ?? [];
    const cookie = form.headers.getSetCookie().map((line) => line.replace(/;.*/, ""));
    const created = await fetch(`${url}/notes`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie: cookie.join("; ") },
        body: new URLSearchParams({ authenticity_token: token, "note[body]": body }),
    });
    if (created.status !== 302) throw new Error(`POST ${url}/notes: ${created.status}`);
}
