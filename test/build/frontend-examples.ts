import type { CONSTRUCTS } from '../../src/dockerfile/features/feature.ts';

/** A Dockerfile with one construct that not every release of Docker's Dockerfile frontend takes. */
export interface FrontendExample {
  /** How messages name it. */
  readonly text: string;
  readonly since: string;
  /** The first of the labs channel, where that is an older one. */
  readonly labs?: string;
  /** Older ones do not refuse it. */
  readonly ignoredBefore?: string;
  /** Its row, unless that is a flag's. */
  readonly construct?: keyof typeof CONSTRUCTS;
  /** What follows FROM scratch. */
  readonly lines: string;
}

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** One for each row of src/dockerfile/features/feature.ts. */
export const FRONTEND_EXAMPLES: readonly FrontendExample[] = [
  { text: 'RUN --mount', since: '1.2', labs: '1.0', lines: 'RUN --mount=type=cache,target=/c true' },
  { text: 'RUN --network', since: '1.3', labs: '1.2', lines: 'RUN --network=none true' },
  { text: 'RUN --security', since: '1.20', labs: '1.1', lines: 'RUN --security=sandbox true' },
  { text: 'RUN --device', since: '1.27', labs: '1.14', lines: 'RUN --device=vendor.com/class=name true' },
  { text: 'COPY --chmod', since: '1.2', lines: 'COPY --chmod=0644 a /' },
  { text: 'COPY --link', since: '1.4', lines: 'COPY --link a /' },
  { text: 'COPY --exclude', since: '1.19', labs: '1.7', lines: 'COPY --exclude=*.md a /' },
  { text: 'COPY --parents', since: '1.20', labs: '1.7', lines: 'COPY --parents a /' },
  { text: 'ADD --chmod', since: '1.2', lines: 'ADD --chmod=0644 a /' },
  { text: 'ADD --link', since: '1.4', lines: 'ADD --link a /' },
  { text: 'ADD --exclude', since: '1.19', labs: '1.7', lines: 'ADD --exclude=*.md a /' },
  { text: 'ADD --keep-git-dir', since: '1.6', labs: '1.5', lines: 'ADD --keep-git-dir a /' },
  { text: 'ADD --checksum', since: '1.6', labs: '1.5', lines: `ADD --checksum=${DIGEST} https://example.com/a /` },
  { text: 'ADD --unpack', since: '1.17', lines: 'ADD --unpack=false a /' },
  { text: 'HEALTHCHECK --start-interval', since: '1.6', lines: 'HEALTHCHECK --start-interval=5s CMD ["true"]' },
  { text: 'a heredoc', construct: 'heredoc', since: '1.4', labs: '1.3', lines: 'COPY <<EOF /a\nhello\nEOF' },
  {
    text: 'a heredoc with a space behind "<<"',
    construct: 'spacedHeredoc',
    since: '1.16',
    lines: 'COPY << EOF /a\nhello\nEOF',
  },
  { text: 'several names in one ARG', construct: 'severalArgs', since: '1.2', lines: 'ARG A=1 B=2' },
  { text: '${A-…}', construct: 'shortForm', since: '1.6', lines: 'ARG A\nENV B=${A-c}' },
  { text: '${A+…}', construct: 'shortForm', since: '1.6', lines: 'ARG A\nENV B="${A+c}"' },
  { text: '${A#…}', construct: 'patternForm', since: '1.7', lines: 'ARG A=abc\nENV B=${A#a}' },
  { text: '${A%%…}', construct: 'patternForm', since: '1.7', lines: 'ARG A=abc\nWORKDIR /${A%%c}' },
  { text: '${A//…}', construct: 'patternForm', since: '1.7', lines: 'ARG A=abc\nCOPY <<EOF /a\n${A//b/c}\nEOF' },
  {
    text: 'a variable in RUN --mount',
    construct: 'variableInMount',
    since: '1.3',
    lines: 'ARG A=c\nRUN --mount=type=cache,target=/${A} true',
  },
  {
    text: 'RUN --mount with env=',
    construct: 'secretAsVariable',
    since: '1.10',
    lines: 'RUN --mount=type=secret,id=a,env=A true',
  },
  {
    text: 'COPY --chmod with a variable',
    construct: 'variableInMode',
    since: '1.10',
    ignoredBefore: '1.10',
    lines: 'ARG A=644\nCOPY --chmod=$A a /',
  },
  {
    text: 'COPY --chmod=u=rw',
    construct: 'symbolicMode',
    since: '1.14',
    labs: '1.11',
    ignoredBefore: '1.10',
    lines: 'COPY --chmod=u=rw a /',
  },
  {
    text: 'ADD of a Git repository',
    construct: 'gitRepository',
    since: '1.6',
    labs: '1.5',
    lines: 'ADD git@example.com:team/code.git /',
  },
  {
    text: 'ADD --checksum of a Git repository',
    construct: 'checksumOfGit',
    since: '1.16',
    lines: `ADD --checksum=${'0'.repeat(40)} git@example.com:team/code.git /`,
  },
];
