/** What this package is told by its environment. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface Settings {
  /** The spawner, without a slash at the end. */
  readonly url: URL;
  /** Reads the token anew, since its file may be replaced at any time. Fails with {@link SettingsError}. */
  readonly token: () => string;
  /** PEM; absent means that the system's own certificates hold. */
  readonly ca?: Buffer;
  /** The install that a command without an install label means. */
  readonly install?: string;
}

/** A setting is missing or wrong. Its message names each, and never holds a value that is secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const NAMES = ['CLAWPOD_URL', 'CLAWPOD_TOKEN_FILE', 'CLAWPOD_TOKEN', 'CLAWPOD_CA_FILE', 'CLAWPOD_INSTALL'] as const;
type Name = (typeof NAMES)[number];

/**
 * Reads the settings: from `env`, and what is not there from the file `.env` in `folder`, as the host does with its own.
 * Fails with one {@link SettingsError} for all that is wrong.
 */
export function readSettings(env: NodeJS.ProcessEnv = process.env, folder: string = process.cwd()): Settings {
  const file = dotEnv(path.join(folder, '.env'));
  const given = (name: Name): string | undefined => env[name]?.trim() || file.get(name)?.trim() || undefined;
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (fault) {
      faults.push(fault instanceof Error ? fault.message : String(fault));
      return undefined;
    }
  };
  const url = attempt(() => readUrl(given('CLAWPOD_URL')));
  const token = tokenSource(given('CLAWPOD_TOKEN_FILE'), given('CLAWPOD_TOKEN'));
  attempt(token);
  const ca = attempt(() => readCa(given('CLAWPOD_CA_FILE'), url));
  const install = given('CLAWPOD_INSTALL');
  if (url === undefined || faults.length > 0) {
    throw new SettingsError(faults.join('; '));
  }
  return { url, token, ...(ca ? { ca } : {}), ...(install ? { install } : {}) };
}

function readUrl(text: string | undefined): URL {
  if (!text) {
    throw new SettingsError('CLAWPOD_URL is missing: set it to the spawner, such as http://spawner.clawpod.svc:8080');
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new SettingsError('CLAWPOD_URL is no URL: write http://host:port or https://host:port');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SettingsError('CLAWPOD_URL is neither http nor https: write http://host:port or https://host:port');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new SettingsError('CLAWPOD_URL has more than host, port and path: the token goes into CLAWPOD_TOKEN_FILE');
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

function tokenSource(file: string | undefined, literal: string | undefined): () => string {
  if (file) {
    return () => checked(`the file that CLAWPOD_TOKEN_FILE names, ${file},`, readText('CLAWPOD_TOKEN_FILE', file));
  }
  if (literal) {
    return () => checked('CLAWPOD_TOKEN', literal);
  }
  return () => {
    throw new SettingsError('CLAWPOD_TOKEN_FILE is missing: set it to a file that holds the token, or set CLAWPOD_TOKEN');
  };
}

function checked(source: string, text: string): string {
  const token = text.trim();
  if (token === '') {
    throw new SettingsError(`${source} is empty: put the token there`);
  }
  // A file of the spawner's callers has `name token`; the name must not be sent.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new SettingsError(`${source} holds more than one word: put the token alone there`);
  }
  return token;
}

function readCa(file: string | undefined, url: URL | undefined): Buffer | undefined {
  if (!file) {
    return undefined;
  }
  if (url?.protocol === 'http:') {
    throw new SettingsError('CLAWPOD_CA_FILE has no effect: CLAWPOD_URL is not https');
  }
  const text = readText('CLAWPOD_CA_FILE', file);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new SettingsError(`the file that CLAWPOD_CA_FILE names, ${file}, has no certificate: it must be PEM`);
  }
  return Buffer.from(text);
}

function readText(name: Name, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (failure) {
    const code = (failure as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new SettingsError(`${name} names ${file}, which cannot be read (${code})`);
  }
}

/** Only our own names: the file holds other programs' secrets too. */
function dotEnv(file: string): Map<string, string> {
  const found = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return found; // Most installs of clawpod-run have none.
  }
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z_]+)\s*=\s*(.*?)\s*$/.exec(line);
    const name = NAMES.find((known) => known === match?.[1]);
    if (name && match?.[2] !== undefined) {
      found.set(name, match[2].replace(/^(["'])(.*)\1$/, '$2'));
    }
  }
  return found;
}
