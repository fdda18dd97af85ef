import { describe, expect, it, test } from 'vitest';
import { readDockerfile } from '../read-dockerfile.ts';
import type { BuildInstruction } from './build-instruction.ts';

interface Setup {
  readonly target?: string | number;
  readonly args?: Readonly<Record<string, string>>;
  readonly platforms?: readonly string[];
}

function read(
  lines: readonly string[],
  { target, args = {}, platforms = ['linux/amd64'] }: Setup = {},
): readonly BuildInstruction[] {
  const text = lines.map((line) => `${line}\n`).join('');
  const graph = readDockerfile(text, 'Dockerfile', { buildArgs: (name) => args[name], platforms });
  const stage = target === undefined ? graph.stages.at(-1) : graph.find(target);
  if (stage === undefined) throw new Error(`no stage ${target}`);
  return graph.instructionsOf(stage);
}

/** What decides the image: places in the file aside. */
function effect(lines: readonly string[], setup?: Setup): unknown {
  const instructions = read(lines, setup);
  const stages = [...new Set(instructions.map(({ stage }) => stage))];
  return instructions.map(({ line: _line, stage, ...rest }) => ({ ...rest, stage: stages.indexOf(stage) }));
}

function argsAt(instructions: readonly BuildInstruction[], keyword: string): Record<string, string>[] {
  return instructions.filter((each) => each.keyword === keyword).map(({ args }) => Object.fromEntries(args));
}

function contextOf(lines: readonly string[], setup?: Setup) {
  return read(lines, setup).flatMap(({ context }) => context);
}

function unknownOf(lines: readonly string[], setup?: Setup): string[] {
  return read(lines, setup).flatMap(({ unknown }) => unknown ?? []);
}

describe('the arguments of an instruction', () => {
  it('are all in scope for a RUN, named in it or not, and none below it', () => {
    const instructions = read(['FROM a', 'ARG ONE=1', 'RUN make', 'ARG TWO=2', 'RUN test']);
    expect(argsAt(instructions, 'RUN')).toEqual([{ ONE: '1' }, { ONE: '1', TWO: '2' }]);
  });

  it('are in scope in every stage that is built from theirs, and in no other', () => {
    const file = [
      ...['FROM a AS base', 'ARG ONE=1', 'FROM base AS middle', 'FROM middle AS app', 'RUN make'],
      ...['FROM a AS other', 'COPY --from=app /x /x', 'RUN other'],
    ];
    expect(argsAt(read(file, { target: 'app' }), 'RUN')).toEqual([{ ONE: '1' }]);
    expect(argsAt(read(file, { target: 'other' }), 'RUN')).toEqual([{ ONE: '1' }, {}]);
  });

  it('have the value of the build, then of their default, then of the ARG before the first FROM', () => {
    const file = ['ARG ONE=global', 'ARG TWO=global', 'FROM a', 'ARG ONE', 'ARG TWO=own', 'ARG THREE', 'RUN make'];
    expect(argsAt(read(file), 'RUN')).toEqual([{ ONE: 'global', TWO: 'own' }]);
    expect(argsAt(read(file, { args: { ONE: 'x', TWO: 'y', THREE: '' } }), 'RUN')).toEqual([
      { ONE: 'x', TWO: 'y', THREE: '' },
    ]);
  });

  it('do not have the value of a global ARG that the stage does not declare', () => {
    expect(argsAt(read(['ARG ONE=1', 'FROM a', 'RUN make']), 'RUN')).toEqual([{}]);
  });

  it('have the value that the command gets where an ENV has the same name', () => {
    expect(argsAt(read(['FROM a', 'ARG ONE=arg', 'ENV ONE=env', 'RUN make']), 'RUN')).toEqual([{ ONE: 'env' }]);
    expect(argsAt(read(['FROM a', 'ENV ONE=env', 'ARG ONE=arg', 'RUN make']), 'RUN')).toEqual([{ ONE: 'arg' }]);
  });

  it.each([
    ['ENV', 'ENV PLACE=/$USED'],
    ['COPY', 'COPY file-$USED /'],
    ['ADD', 'ADD --chown=$USED file /'],
    ['COPY', 'COPY <<EOF /file\n$USED\nEOF'],
    ['WORKDIR', 'WORKDIR /$USED'],
    ['USER', 'USER $USED'],
    ['EXPOSE', 'EXPOSE $USED'],
    ['VOLUME', 'VOLUME /$USED'],
    ['STOPSIGNAL', 'STOPSIGNAL $USED'],
  ])('are those that a %s uses: %s', (keyword, line) => {
    const file = ['FROM a', 'ARG USED', 'ARG OTHER=x', line, 'ARG LATER=y'];
    expect(argsAt(read(file, { args: { USED: '9' } }), keyword)).toEqual([{ USED: '9' }]);
  });

  it.each(['LABEL version=$ONE', 'CMD echo $ONE', 'ENTRYPOINT echo $ONE', 'HEALTHCHECK CMD test $ONE', 'EXPOSE 80'])(
    'are none for %s',
    (line) => {
      const file = ['FROM a', 'ARG ONE', line];
      expect(read(file, { args: { ONE: '1' } }).flatMap(({ args }) => args)).toEqual([]);
      expect(effect(file, { args: { ONE: '1' } })).toEqual(effect(file, { args: { ONE: '2' } }));
    },
  );

  it('are those that a FROM uses, with the arguments in their values', () => {
    const file = ['ARG TAG=1', 'ARG IMAGE=a:$TAG', 'ARG OTHER=x', 'FROM $IMAGE', 'RUN make'];
    expect(argsAt(read(file), 'FROM')).toEqual([{ IMAGE: 'a:1' }]);
    expect(argsAt(read(file, { args: { TAG: '2' } }), 'FROM')).toEqual([{ IMAGE: 'a:2' }]);
  });
});

describe('what an instruction says', () => {
  const FILE = ['FROM a AS app', 'ENV ONE=1 TWO=2', 'RUN make  all', 'COPY x y /z/', 'CMD ["a", "b"]'];

  test.each([
    ['comments', ['# x', 'FROM a AS app', 'ENV ONE=1 TWO=2', '# y', 'RUN make  all', 'COPY x y /z/', 'CMD ["a", "b"]']],
    ['empty lines', ['', 'FROM a AS app', '', ...FILE.slice(1)]],
    ['white space', ['FROM  a   AS app', 'ENV  ONE=1   TWO=2', ' RUN  make  all ', 'COPY x  y /z/', 'CMD [ "a","b" ]']],
    [
      'line continuations',
      ['FROM a AS \\', 'app', 'ENV ONE=1 \\', '  TWO=2', 'RUN make \\', '# x', ' all', ...FILE.slice(3)],
    ],
    ['letter case of keywords', ['from a as app', 'env ONE=1 TWO=2', ...FILE.slice(2)]],
  ])('does not depend on %s', (_, lines) => {
    expect(effect(lines)).toEqual(effect(FILE));
  });

  const HEREDOC = ['FROM a', 'RUN <<EOF', 'one', 'EOF', 'COPY <<X /x', 'two', 'X'];
  test.each([
    ['words of a RUN', ['FROM a', 'RUN echo "a b"'], ['FROM a', 'RUN echo "a  b"']],
    ['the JSON form', ['FROM a', 'CMD ["a", "b"]'], ['FROM a', 'CMD ["a b"]']],
    ['a shell form that looks like it', ['FROM a', 'CMD ["a"]'], ['FROM a', "CMD ['a']"]],
    ['a value of ENV', ['FROM a', 'ENV A="x y"'], ['FROM a', 'ENV A="x  y"']],
    ['a label that is written there', ['FROM a', 'LABEL a=1'], ['FROM a', 'LABEL a=2']],
    ['the order of instructions', ['FROM a', 'RUN x', 'RUN y'], ['FROM a', 'RUN y', 'RUN x']],
    ['a flag', ['FROM a', 'COPY x /'], ['FROM a', 'COPY --link x /']],
    ['the network of a RUN', ['FROM a', 'RUN x'], ['FROM a', 'RUN --network=none x']],
    ['a SHELL', ['FROM a', 'RUN x'], ['FROM a', 'SHELL ["bash", "-c"]', 'RUN x']],
    ['the body of a heredoc', HEREDOC, HEREDOC.map((line) => (line === 'one' ? 'ONE' : line))],
    ['the body of a file', HEREDOC, HEREDOC.map((line) => (line === 'two' ? 'TWO' : line))],
    ['quotes of a heredoc', HEREDOC, HEREDOC.map((line) => line.replace('<<X', '<<"X"'))],
    ['white space in a heredoc', HEREDOC, HEREDOC.map((line) => (line === 'one' ? ' one' : line))],
    ['an ONBUILD', ['FROM a', 'ONBUILD RUN x'], ['FROM a', 'ONBUILD RUN y']],
    ['the escape character', ['FROM a', 'ENV A=\\$B'], ['# escape=`', 'FROM a', 'ENV A=\\$B']],
    ['the image', ['FROM a'], ['FROM b']],
    ['the platform of a stage', ['FROM a'], ['FROM --platform=linux/arm64 a']],
  ])('depends on %s', (_, one, other) => {
    expect(effect(other)).not.toEqual(effect(one));
  });
});

describe('other stages', () => {
  const STAGES = {
    base: ['FROM a AS base', 'ARG ONE=1', 'RUN base'],
    tool: ['FROM b AS tool', 'RUN tool'],
    app: ['FROM base AS app', 'COPY --from=tool /x /x', 'RUN --mount=from=tool,target=/t app'],
    other: ['FROM base AS other', 'COPY other /'],
  };
  const file = (...names: (keyof typeof STAGES)[]) => names.flatMap((name) => STAGES[name]);
  const app = effect(file('base', 'tool', 'app'));

  it.each([
    [
      'above',
      file('other', 'base', 'tool', 'app').map((line) => line.replace('FROM base AS other', 'FROM a AS other')),
    ],
    ['between', file('base', 'other', 'tool', 'app')],
    ['below', file('base', 'tool', 'app', 'other')],
    ['below, changed', [...file('base', 'tool', 'app', 'other'), 'RUN more']],
  ])('change nothing when they stand %s', (_, lines) => {
    expect(effect(lines, { target: 'app' })).toEqual(app);
  });

  it.each(['RUN base', 'RUN tool'])('change the image that is made from them: %s', (line) => {
    const lines = file('base', 'tool', 'app').map((each) => (each === line ? `${line} more` : each));
    expect(effect(lines)).not.toEqual(app);
  });

  it('change it when they are swapped', () => {
    const lines = (from: string) => ['FROM a AS one', 'RUN x', 'FROM a AS two', 'RUN y', `FROM ${from} AS app`];
    expect(effect(lines('two'))).not.toEqual(effect(lines('one')));
    const copy = (one: string, two: string) => [
      ...['FROM a AS one', 'RUN x', 'FROM a AS two', 'RUN y', 'FROM scratch'],
      ...[`COPY --from=${one} /f /a`, `COPY --from=${two} /f /b`],
    ];
    expect(effect(copy('two', 'one'))).not.toEqual(effect(copy('one', 'two')));
    const mount = (name: string) => [
      ...['FROM a AS one', 'RUN x', 'FROM a AS two', 'RUN y', 'FROM a', 'COPY --from=one /f /', 'COPY --from=two /f /'],
      `RUN --mount=from=${name},target=/t x`,
    ];
    expect(effect(mount('two'))).not.toEqual(effect(mount('one')));
  });

  it('may be named by number', () => {
    const numbered = (index: number, above: readonly string[] = []) => [
      ...[...above, 'FROM a AS one', 'RUN x', 'FROM scratch AS app', `COPY --from=${index} /f /`],
    ];
    const above = ['FROM b AS other', 'RUN y'];
    expect(effect(numbered(1, above))).toEqual(effect(numbered(0)));
    expect(effect(numbered(0, above))).not.toEqual(effect(numbered(0)));
    expect(effect(['FROM a AS one', 'RUN x', 'FROM scratch AS app', 'COPY --from=one /f /'])).toEqual(
      effect(numbered(0)),
    );
  });

  it('are not the image that a number means, whose name counts', () => {
    const lines = (image: string) => ['FROM a AS app', `COPY --from=${image} /x /x`, 'COPY --from=1 /y /y'];
    const texts = read(lines('busybox')).map(({ text }) => text);
    expect(texts.filter((text) => text.includes('busybox'))).toHaveLength(2);
    const graph = readDockerfile(lines('busybox').join('\n'), 'Dockerfile');
    expect(graph.stages[0]?.externalImages.map(({ image }) => image)).toEqual(['busybox', 'busybox']);
  });
});

describe('several platforms', () => {
  const BOTH = ['linux/amd64', 'linux/arm64'];

  it('have each their own values, and share what is the same', () => {
    const file = ['FROM a', 'RUN first', 'ARG TARGETARCH', 'RUN second', 'COPY bin-$TARGETARCH /'];
    const instructions = read(file, { platforms: BOTH });
    expect(instructions.map(({ keyword, platforms }) => [keyword, platforms])).toEqual([
      ...[
        ['FROM', undefined],
        ['RUN', undefined],
        ['RUN', [0]],
        ['COPY', [0]],
        ['RUN', [1]],
        ['COPY', [1]],
      ],
    ]);
    expect(argsAt(instructions, 'RUN')).toEqual([{}, { TARGETARCH: 'amd64' }, { TARGETARCH: 'arm64' }]);
    expect(contextOf(file, { platforms: BOTH }).map(({ path }) => path)).toEqual(['bin-amd64', 'bin-arm64']);
  });

  it('differ when they swap their stages', () => {
    const file = (one: string, other: string) => [
      `ARG KIND=\${TARGETARCH/amd64/${one}}`,
      `ARG STAGE=\${KIND/arm64/${other}}`,
      ...['FROM a AS full', 'RUN full', 'FROM a AS small', 'RUN small', 'FROM $STAGE'],
    ];
    const both = { platforms: BOTH };
    expect(effect(file('small', 'full'), both)).not.toEqual(effect(file('full', 'small'), both));
  });

  it('differ when a third one does what another of the two does', () => {
    const platforms = [...BOTH, 'linux/s390x'];
    const file = (third: string) => [
      ...['FROM a', 'ARG TARGETARCH', `ARG KIND=\${TARGETARCH/s390x/${third}}`, 'COPY bin-$KIND /'],
    ];
    expect(effect(file('amd64'), { platforms })).not.toEqual(effect(file('arm64'), { platforms }));
  });
});

describe('what is taken from the context', () => {
  const ALL = { exclude: [], parents: false, wildcards: true };

  it('has variables filled in, and is relative to the root', () => {
    const file = ['FROM a', 'ARG DIR=src', 'COPY ./$DIR/*.py /x/../b . /app/'];
    expect(contextOf(file)).toEqual(['src/*.py', 'b', '.'].map((path) => ({ path, ...ALL })));
  });

  it('keeps the pivot of --parents, and what --exclude leaves out', () => {
    const file = [
      'FROM a',
      'ARG DIR=src',
      'COPY --parents $DIR/./lib/ ./x /',
      'ADD --exclude=*.md --exclude=$X docs /',
    ];
    expect(contextOf(file)).toEqual([
      { ...ALL, path: 'src/./lib/', parents: true },
      { ...ALL, path: './x', parents: true },
      // BuildKit fills in no variables there.
      { ...ALL, path: 'docs', exclude: ['*.md', '$X'] },
    ]);
    expect(contextOf(['FROM a', 'COPY --parents=false src/./lib /'])).toEqual([{ ...ALL, path: 'src/lib' }]);
  });

  it('is the source of a bind mount, in which no wildcard counts', () => {
    const file = [
      'FROM a AS other',
      'FROM a',
      `RUN --mount=source=*.txt,target=/a --mount=target=/all --mount=from=other,source=b,target=/b x`,
    ];
    expect(contextOf(file)).toEqual(['*.txt', '.'].map((path) => ({ ...ALL, path, wildcards: false })));
  });

  it('is nothing that comes from a stage, an image, a heredoc or the network', () => {
    const checksum = `sha256:${'0'.repeat(64)}`;
    const file = [
      ...['FROM a AS other', 'FROM a', 'COPY --from=other x /', 'COPY --from=busybox y /', 'COPY <<EOF /z', 'z', 'EOF'],
      ...[
        `ADD --checksum=${checksum} https://example.com/x.tar /`,
        `ADD https://example.com/a.git#${'a'.repeat(40)} /`,
      ],
    ];
    expect(contextOf(file)).toEqual([]);
    expect(unknownOf(file)).toEqual([]);
  });
});

describe('what only the build knows', () => {
  const COMMIT = '0123456789abcdef0123456789abcdef01234567';
  const SUM = `sha256:${'1'.repeat(64)}`;

  it.each([
    ['ADD https://example.com/x /', 'ADD fetches https://example.com/x without --checksum'],
    ['ADD --checksum=$EMPTY https://example.com/x /', 'ADD fetches https://example.com/x without --checksum'],
    [`ADD --checksum=$SUM https://example.com/x /`, undefined],
    ['ADD https://example.com/r.git /', 'ADD fetches https://example.com/r.git without the full id of a commit'],
    ['ADD https://example.com/r.git#v1.2 /', /without the full id of a commit/],
    [`ADD https://example.com/r.git#${COMMIT.slice(0, 12)} /`, /without the full id/],
    ['ADD git@example.com:r.git /', /without the full id/],
    [`ADD https://example.com/r.git#${COMMIT}:sub /`, undefined],
    [`ADD https://example.com/r.git?ref=main&commit=${COMMIT} /`, undefined],
    [`ADD --checksum=${COMMIT} https://example.com/r.git#main /`, undefined],
    [`ADD --checksum=$COMMIT https://example.com/r.git#main /`, undefined],
    ['ADD --checksum=$EMPTY https://example.com/r.git#main /', /without the full id/],
    ['ADD x.tar /', undefined],
    ['COPY $BELOW /', 'only the build knows the value of a variable in $BELOW'],
    ['COPY ${BELOW:-src} /', /only the build knows/],
    ['COPY src /$BELOW', undefined],
    ['COPY $EMPTY/src /', undefined],
    ['RUN --mount=source=$BELOW,target=/x make', 'only the build knows the value of a variable in $BELOW'],
    ['RUN --mount=source=src,target=$BELOW/x make', undefined],
    ['RUN --mount=type=cache,target=$BELOW/x --mount=source=src,target=/src make', undefined],
    ['RUN echo $BELOW', undefined],
    ['WORKDIR $BELOW', undefined],
  ])('is said for %s', (line, reason) => {
    const file = ['FROM a', `ARG SUM=${SUM}`, `ARG COMMIT=${COMMIT}`, 'ARG EMPTY=""', line];
    const found = unknownOf(file);
    if (reason === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([typeof reason === 'string' ? reason : expect.stringMatching(reason)]);
  });

  it('is nothing where no image below sets variables', () => {
    expect(unknownOf(['FROM scratch', 'COPY $BELOW/src /', 'RUN --mount=source=$BELOW,target=/x make'])).toEqual([]);
  });

  it.each([
    ['RUN --mount=type=cache,target=$BELOW make', 'RUN --mount=type=cache,target=$BELOW test'],
    ['VOLUME $BELOW', 'VOLUME $BELOW/x'],
    ['STOPSIGNAL $BELOW', 'STOPSIGNAL SIG$BELOW'],
  ])('keeps an instruction that cannot be read without it: %s', (one, other) => {
    const before = read(['FROM a', one]);
    expect(before.map(({ keyword }) => keyword)).toEqual(['FROM', one.split(' ')[0]]);
    expect(effect(['FROM a', other])).not.toEqual(effect(['FROM a', one]));
  });
});

describe('the triggers of a stage', () => {
  it('run in each stage that is built from it, in front of its own instructions', () => {
    const file = [
      ...['FROM a AS base', 'ONBUILD ARG ONE=1', 'ONBUILD COPY req.txt /', 'ONBUILD RUN install'],
      ...['FROM base AS app', 'RUN own'],
    ];
    const app = read(file, { target: 'app' }).filter(({ stageName }) => stageName === 'app');
    expect(app.map(({ keyword }) => keyword)).toEqual(['FROM', 'COPY', 'RUN', 'RUN']);
    expect(argsAt(app, 'RUN')).toEqual([{ ONE: '1' }, { ONE: '1' }]);
    expect(contextOf(file).map(({ path }) => path)).toEqual(['req.txt']);
    expect(contextOf(file, { target: 'base' })).toEqual([]);
  });

  it('count as often as they are there, on several platforms too', () => {
    const file = (times: number) => [
      ...['FROM a AS base', ...Array.from({ length: times }, () => 'ONBUILD RUN x'), 'FROM base AS app'],
    ];
    const runs = (times: number) =>
      read(file(times), { platforms: ['linux/amd64', 'linux/arm64'] }).filter(({ keyword }) => keyword === 'RUN');
    expect(runs(1)).toHaveLength(1);
    expect(runs(2)).toHaveLength(2);
  });

  it('bring the stages that they copy from', () => {
    const file = ['FROM a AS tool', 'RUN tool', 'FROM a AS base', 'ONBUILD COPY --from=tool /x /', 'FROM base AS app'];
    expect(read(file).map(({ stageName, keyword }) => `${stageName} ${keyword}`)).toEqual([
      ...['tool FROM', 'tool RUN', 'base FROM', 'base ONBUILD', 'app FROM', 'app COPY'],
    ]);
  });
});
