import { FURTHER_BRANCHES } from "../e2e/preview-branches.ts";
import { describeSummaries } from "../e2e/preview-summaries.ts";

describeSummaries(FURTHER_BRANCHES);
