import type { Files } from "./initialize.ts";

/** A Dockerfile that starts Rails with Puma at port 3000. */
export const PUMA =
    'FROM ruby:3.3\nWORKDIR /app\nEXPOSE 3000\nCMD ["bin/rails", "server", "-b", "0.0.0.0"]\n';

/** Gems and databases of a Rails application with SQLite. */
export const SQLITE_RAILS: Files = {
    "Gemfile.lock": "    rails (8.1.1)\n    sqlite3 (2.7.4)\n",
    "config/database.yml": "production:\n  adapter: sqlite3\n  database: storage/production.sqlite3\n",
};

/** An application with these services in a Compose file, and other files. */
export const compose = (services: string, others: Files = {}): Files => ({
    "compose.yaml": `services:\n${services}`,
    Dockerfile: "FROM ruby:3.4\nWORKDIR /rails\n",
    ...others,
});
