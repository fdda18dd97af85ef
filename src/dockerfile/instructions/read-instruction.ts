import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import { located, show, ValueError } from '../problem.ts';
import { KEYWORDS, type ParsedInstruction } from '../syntax/parse.ts';
import type { Instruction } from './instruction.ts';
import { readFiles } from './read-files.ts';
import { readArg, readFrom, readOnbuild, readOther, readPairs } from './read-others.ts';
import { type KnownMounts, readRun } from './read-run.ts';

/**
 * Reads an instruction by its grammar.
 *
 * @param known the mounts of the instructions before
 * @throws {ProblemError} phase `instruction`
 */
export function readInstruction(parsed: ParsedInstruction, known: KnownMounts = new Map()): Instruction {
  try {
    return readByKeyword(parsed, known);
  } catch (error) {
    throw located('instruction', parsed, error);
  }
}

function readByKeyword(parsed: ParsedInstruction, known: KnownMounts): Instruction {
  switch (parsed.keyword) {
    case 'FROM':
      return readFrom(parsed);
    case 'COPY':
    case 'ADD':
      return readFiles(parsed, parsed.keyword);
    case 'RUN':
      return readRun(parsed, known);
    case 'ARG':
      return readArg(parsed);
    case 'ENV':
    case 'LABEL':
      return readPairs(parsed, parsed.keyword);
    case 'ONBUILD':
      return readOnbuild(parsed);
    case 'CMD':
    case 'ENTRYPOINT':
    case 'EXPOSE':
    case 'HEALTHCHECK':
    case 'MAINTAINER':
    case 'SHELL':
    case 'STOPSIGNAL':
    case 'USER':
    case 'VOLUME':
    case 'WORKDIR':
      return readOther(parsed, parsed.keyword);
    default:
      throw new ValueError(
        `unknown instruction ${show(parsed.written.text)}${didYouMean(parsed.keyword, [...KEYWORDS])}`,
        `The instructions are ${joinWords(KEYWORDS)}.`,
      );
  }
}
