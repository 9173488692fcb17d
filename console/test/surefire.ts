// Writes what ran where the Java tests write theirs, in the same form, so that one summary counts them all.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

const FOLDER = 'target/surefire-reports';
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export default class Surefire implements Reporter {
  readonly #ended: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    this.#ended.push(test);
  }

  onTestRunEnd(): void {
    const count = (state: string): number => this.#ended.filter((test) => test.result().state === state).length;
    const cases = this.#ended.map((test) => {
      const outcome = { failed: '<failure/>', skipped: '<skipped/>', pending: '<skipped/>', passed: '' }[test.result().state];
      const seconds = ((test.diagnostic()?.duration ?? 0) / 1_000).toFixed(3);
      return `  <testcase name="${escaped(test.fullName)}" classname="${escaped(test.module.relativeModuleId)}" time="${seconds}">${outcome}</testcase>`;
    });
    const head = `<testsuite name="console" tests="${this.#ended.length}" errors="0" skipped="${count('skipped')}" failures="${count('failed')}">`;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/TEST-console.xml`, [`<?xml version="1.0" encoding="UTF-8"?>`, head, ...cases, '</testsuite>', ''].join('\n'));
  }
}
